/**
 * Make the children of an element match a list. An item that stays keeps its element, and with it
 * focus, selection and what is being typed.
 */
export function syncChildren(parent, items, { keyOf, create, update }) {
  const keys = items.map((item) => String(keyOf(item)));
  const staying = new Map();
  for (const child of [...parent.children]) {
    if (keys.includes(child.dataset.key)) staying.set(child.dataset.key, child);
    else child.remove();
  }
  let next = parent.firstElementChild;
  items.forEach((item, index) => {
    const element = staying.get(keys[index]) ?? create(item);
    element.dataset.key = keys[index];
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
    update(element, item);
  });
}
