// Small stand-ins for what a browser has and node lacks.

/** A Storage in memory; while `isFull`, writing fails as it does in a browser without space. */
export class FakeStorage {
  static isFull = false;

  getItem(key) {
    return Object.hasOwn(this, key) ? this[key] : null;
  }

  setItem(key, value) {
    if (FakeStorage.isFull) throw new Error("QuotaExceededError");
    this[key] = String(value);
  }

  removeItem(key) {
    delete this[key];
  }
}

export function useFakeStorage() {
  FakeStorage.isFull = false;
  for (const name of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(globalThis, name, { value: new FakeStorage(), configurable: true });
  }
}

class FakeClassList extends Set {
  toggle(name, isOn = !this.has(name)) {
    if (isOn) this.add(name);
    else this.delete(name);
  }
}

/** An element without layout: a tree of children, attributes, text and listeners. */
export class FakeElement extends EventTarget {
  children = [];
  attributes = new Map();
  classList = new FakeClassList();
  dataset = {};
  style = {};
  hidden = false;
  parentElement = null;
  #text = "";

  constructor(tag) {
    super();
    this.tagName = tag.toUpperCase();
  }

  get textContent() {
    return this.#text + this.children.map((child) => child.textContent ?? child).join("");
  }

  set textContent(text) {
    this.children = [];
    this.#text = text;
  }

  get childElementCount() {
    return this.children.length;
  }

  get firstElementChild() {
    return this.children[0] ?? null;
  }

  get nextElementSibling() {
    const siblings = this.parentElement.children;
    return siblings[siblings.indexOf(this) + 1] ?? null;
  }

  append(...children) {
    for (const child of children) this.insertBefore(child, null);
  }

  insertBefore(child, next) {
    child.remove?.();
    const index = next === null ? this.children.length : this.children.indexOf(next);
    this.children.splice(index, 0, child);
    if (child instanceof FakeElement) child.parentElement = this;
  }

  replaceChildren(...children) {
    this.textContent = "";
    this.append(...children);
  }

  remove() {
    const siblings = this.parentElement?.children;
    if (siblings?.includes(this)) siblings.splice(siblings.indexOf(this), 1);
    this.parentElement = null;
  }

  setAttribute(name, value) {
    this.attributes.set(name, String(value));
  }

  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }

  showModal() {
    this.isModal = true;
    this.returnValue = "";
  }

  close(returnValue = this.returnValue) {
    this.returnValue = returnValue;
    this.dispatchEvent(new Event("close"));
  }

  focus() {
    document.activeElement = this;
  }

  click() {
    this.dispatchEvent(new Event("click"));
    this.onclick?.(new Event("click"));
  }

  /** Return the elements beneath it, in the order of the document, that a test accepts. */
  findAll(isWanted) {
    return this.children.flatMap((child) =>
      child instanceof FakeElement
        ? [...(isWanted(child) ? [child] : []), ...child.findAll(isWanted)]
        : [],
    );
  }
}

export function useFakeDocument() {
  globalThis.document = {
    activeElement: null,
    createElement: (tag) => new FakeElement(tag),
    createElementNS: (_, tag) => new FakeElement(tag),
    documentElement: { lang: "en" },
  };
}

/** A translator that answers with the key and its values, so that a test sees what was asked. */
export const echo = {
  language: "en",
  has: () => true,
  text: (key, values) => (values ? `${key} ${JSON.stringify(values)}` : key),
  number: String,
  percent: (share) => `${share * 100}%`,
  size: (bytes) => `${bytes}B`,
  duration: (seconds) => `${seconds}s`,
  timeLeft: (seconds) => `${seconds}s left`,
  fromNow: (seconds) => `in ${seconds}s`,
  timeOfDay: (moment) => moment.toISOString(),
  languageName: (code) => `language ${code}`,
};

/** Let everything that waits for a promise run. */
export function settle() {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
