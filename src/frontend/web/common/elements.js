// Builds elements and icons without markup, so that user content is only ever text.

const SVG = "http://www.w3.org/2000/svg";

/** Paths in a view box of 24 by 24. */
const ICONS = {
  play: "M8 5v14l11-7z",
  pause: "M8 5v14M16 5v14",
  back: "M11 6l-6 6 6 6M19 6l-6 6 6 6",
  forward: "M13 6l6 6-6 6M5 6l6 6-6 6",
  up: "M6 15l6-6 6 6",
  down: "M6 9l6 6 6-6",
  undo: "M8 5L4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "M16 5l4 4-4 4M20 9H10a6 6 0 0 0 0 12h3",
  find: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l5 5",
  filter: "M4 5h16l-6.5 8v6l-3-2v-4z",
  speaker: "M12 4a4 4 0 1 0 0 8a4 4 0 1 0 0-8M4.5 20a7.5 7.5 0 0 1 15 0",
  phrases: "M9 6h11M9 12h11M9 18h11M4 6h1M4 12h1M4 18h1",
  back_to: "M15 6l-6 6 6 6",
  more: "M12 5v.5M12 12v.5M12 19v.5",
  tag: "M3.5 12.5V4h8.5l8.5 8.5-8.5 8.5zM8 8v.5",
  folder: "M3.5 6h6l2 2.5h9V19h-17z",
  trash: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  text: "M5 6h14M12 6v13M9 19h6",
  raw: "M4 10v4M8 7v10M12 4v16M16 8v8M20 10v4",
  edit: "M4 20l1-5L16 4l4 4L9 19z",
  borders: "M12 3v5M12 10.5v3M12 16v5M8 8l-4 4 4 4M16 8l4 4-4 4",
  model: "M4 12a8 8 0 1 0 3-6M4 4v4h4M12 8v4l3 2",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  download: "M12 4v11M7 11l5 5 5-5M4 20h16",
  share: "M12 15V4M8 8l4-4 4 4M5 13v7h14v-7",
  note: "M5 4h14v10l-5 5H5zM14 19v-5h5M8 8h8M8 12h4",
  loop: "M17 3l4 4-4 4M3 12v-1a4 4 0 0 1 4-4h14M7 21l-4-4 4-4M21 12v1a4 4 0 0 1-4 4H3",
  move: "M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3",
  video: "M4 6h11v12H4zM15 10l6-3v10l-6-3",
  help: "M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2M12 17.5v.5",
  close: "M6 6l12 12M18 6L6 18",
  microphone: "M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3M5 11a7 7 0 0 0 14 0M12 18v3",
  stop: "M7 7h10v10H7z",
  upload: "M12 16V4M7 9l5-5 5 5M4 16v4h16v-4",
  unsure: "M12 4L2.5 20h19zM12 10v4M12 17v.5",
};

/** Build an element. Names with a dash, and `role`, are attributes; `on` holds listeners. */
export function element(tag, { on = {}, ...properties } = {}, ...children) {
  const built = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") built.setAttribute(name, value);
    else built[name] = value;
  }
  for (const [name, listener] of Object.entries(on)) built.addEventListener(name, listener);
  built.append(...children);
  return built;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Return a button with an icon; its label is a tooltip and for screen readers. */
export function iconButton(name, label, onClick, className = "") {
  const button = element(
    "button",
    { type: "button", className: `icon ${className}`, on: { click: onClick } },
    icon(name),
  );
  nameButton(button, label);
  return button;
}

export function nameButton(button, label) {
  button.title = label;
  button.setAttribute("aria-label", label);
}

/** Return a button with a label, and an icon before it if one is named. */
export function textButton(label, onClick, { className = "", iconName = null } = {}) {
  const before = iconName ? [icon(iconName)] : [];
  return element("button", { type: "button", className, on: { click: onClick } }, ...before, label);
}

export function textElement(tag, textContent, className = "") {
  return element(tag, { className, textContent });
}
