// The keyboard. A key is told by where it is, so that it works in every layout.

import { STEP_S } from "./player.js";

/** Alone when nothing is being written, with Alt anywhere. */
const ANYWHERE = {
  KeyK: ({ player }) => player.toggle(),
  KeyJ: ({ player }) => player.skip(-STEP_S),
  KeyL: ({ player }) => player.skip(STEP_S),
  KeyN: ({ unsureBar }) => unsureBar.go(false),
  KeyP: ({ unsureBar }) => unsureBar.go(true),
};

const ALONE = {
  Space: ({ player }) => player.toggle(),
  ArrowLeft: ({ player }) => player.skip(-STEP_S),
  ArrowRight: ({ player }) => player.skip(STEP_S),
  BracketLeft: ({ player }) => player.changeSpeed(-1),
  BracketRight: ({ player }) => player.changeSpeed(1),
};

const IN_LIST = {
  ArrowDown: ({ transcript }, position) => transcript.focus(position + 1),
  ArrowUp: ({ transcript }, position) => transcript.focus(position - 1),
  KeyE: ({ editor }, position) => editor.open(position),
};

const IN_FIELD = {
  Enter: ({ editor }) => editor.finish(),
  Escape: ({ editor }) => editor.finish(),
};

const WITH_CONTROL = {
  KeyZ: ({ editor }, _, event) => (event.shiftKey ? editor.redo() : editor.undo()),
  KeyY: ({ editor }) => editor.redo(),
};

/** Listen to the whole page, before anything else on it does. */
export function listenForShortcuts(reader, root, signal) {
  const listen = (event) => {
    const act = actionOf(event, reader, root);
    if (act) {
      event.preventDefault();
      event.stopImmediatePropagation();
      act(reader, reader.transcript.active, event);
    }
  };
  addEventListener("keydown", listen, { capture: true, signal });
  // the page around has keys of its own, and does not see that this is a field
  const keepInside = (event) => isWriting(event.composedPath()[0]) && event.stopPropagation();
  root.addEventListener("keydown", keepInside, { signal });
}

function actionOf(event, reader, root) {
  const target = event.composedPath()[0];
  const isInside = event.composedPath().includes(root);
  const { code } = event;
  if (event.isComposing || root.querySelector("dialog[open]")) return null;
  if (event.ctrlKey || event.metaKey) return withControl(event, reader, target, isInside);
  if (event.altKey) return inFieldWithAlt(code, reader) ?? ANYWHERE[code];
  if (target.isContentEditable && isInside) return IN_FIELD[code];
  if (code === "Escape" && isInside && reader.findBar.root.contains(target)) {
    return () => reader.findBar.close();
  }
  if (isWriting(target)) return null;
  if (event.key === "?") return () => reader.shortcutsDialog.open();
  if (isInside && target.closest(".segment") && IN_LIST[code]) return IN_LIST[code];
  return ANYWHERE[code] ?? (isControl(target, code) ? null : ALONE[code]);
}

function withControl(event, reader, target, isInside) {
  if (event.altKey) return null;
  if (event.code === "KeyF" && !event.shiftKey) {
    // pressed again, it is the browser's own search
    return reader.findBar.root.contains(target) ? null : () => reader.findBar.open();
  }
  const isOurs = isInside ? !(target instanceof HTMLInputElement) : !isWriting(target);
  return isOurs ? WITH_CONTROL[event.code] : null;
}

/** While a phrase is corrected, Alt and an arrow go on to the next one. */
function inFieldWithAlt(code, { editor }) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[code];
  if (!step || editor.position === null) return undefined;
  return () => editor.open(editor.position + step);
}

function isWriting(target) {
  return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) || isTextInput(target);
}

function isTextInput(target) {
  return target.tagName === "INPUT" && !/^(range|checkbox|radio|button)$/.test(target.type);
}

/** Whether a control has a use for a key itself. */
function isControl(target, code) {
  if (code === "Space") return /^(BUTTON|A|SUMMARY|INPUT|LABEL)$/.test(target.tagName);
  const widget = target.closest?.("[role=tab], [role=radio], [role=slider], [role=menuitem]");
  return target.tagName === "INPUT" || Boolean(widget);
}
