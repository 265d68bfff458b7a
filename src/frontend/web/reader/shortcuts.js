// Keyboard shortcuts. They go by a key's place on the keyboard, so that they work in every layout.

import { STEP_S } from "./player.js";

/** Alone while nothing is being typed, or with Alt anywhere. */
const ANYWHERE = {
  KeyK: ({ player }) => player.toggle(),
  KeyJ: ({ player }) => player.skip(-STEP_S),
  KeyL: ({ player }) => player.skip(STEP_S),
  KeyN: ({ unsureBar }) => unsureBar.goToNext(),
  KeyP: ({ unsureBar }) => unsureBar.goToPrevious(),
  KeyM: ({ notes }) => notes.write(),
};

/** As in oTranscribe, and as foot pedals send them: also while something is typed. */
const FUNCTION_KEYS = {
  F1: ({ player }) => player.skip(-STEP_S),
  F2: ({ player }) => player.skip(STEP_S),
  F3: ({ player }) => player.changeSpeed(-1),
  F4: ({ player }) => player.changeSpeed(1),
};

const DIGITS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

const OUTSIDE_CONTROLS = {
  Escape: ({ player }) => player.toggle(),
  KeyR: ({ player }) => player.toggleLoop(),
  Space: ({ player }) => player.toggle(),
  ArrowLeft: ({ player }) => player.skip(-STEP_S),
  ArrowRight: ({ player }) => player.skip(STEP_S),
  BracketLeft: ({ player }) => player.changeSpeed(-1),
  BracketRight: ({ player }) => player.changeSpeed(1),
  ...Object.fromEntries(DIGITS.map((n) => [`Digit${n}`, ({ assigner }) => assigner.assign(n)])),
  ...Object.fromEntries(DIGITS.map((n) => [`Numpad${n}`, ({ assigner }) => assigner.assign(n)])),
};

const ON_SEGMENT = {
  ArrowDown: ({ transcript }) => transcript.focus(transcript.neighbour(transcript.active, 1)),
  ArrowUp: ({ transcript }) => transcript.focus(transcript.neighbour(transcript.active, -1)),
  KeyE: ({ editor, transcript }) => editor.open(transcript.active),
};

const WHILE_EDITING = {
  Enter: ({ editor }) => editor.splitOrFinish(),
  Escape: ({ editor }) => editor.finish(),
};

/** With Ctrl while a segment is edited: elsewhere they are the browser's. */
const WITH_CONTROL_WHILE_EDITING = {
  Space: ANYWHERE.KeyK,
  KeyK: ANYWHERE.KeyK,
  KeyJ: ANYWHERE.KeyJ,
  KeyL: ANYWHERE.KeyL,
  Enter: ({ editor }) => editor.finish(),
};

/** With Alt and Shift: move the border between the active segment and the next one by a word. */
const BORDERS = {
  ArrowLeft: ({ borders, transcript }) => borders.move(transcript.active, -1),
  ArrowRight: ({ borders, transcript }) => borders.move(transcript.active, 1),
};

const WITH_CONTROL = {
  KeyZ: ({ editor }, event) => (event.shiftKey ? editor.redo() : editor.undo()),
  KeyY: ({ editor }) => editor.redo(),
};

/**
 * Listen for shortcuts on the whole page, before anything else on it does. `targets`: the player,
 * transcript, editor, borders, assigner, findBar, unsureBar, notes and shortcutsDialog.
 */
export function listenForShortcuts({ root, signal, ...targets }) {
  const listen = (event) => {
    const action = findShortcut(event, root, targets);
    if (action) {
      event.preventDefault();
      event.stopImmediatePropagation();
      action(targets, event);
    }
  };
  addEventListener("keydown", listen, { capture: true, signal });
  // Streamlit's own shortcuts do not recognise a text field inside a component
  const keepInside = (event) => isTyping(event.composedPath()[0]) && event.stopPropagation();
  root.addEventListener("keydown", keepInside, { signal });
}

/** Return the action of a key, called with (targets, event); null or undefined for none. */
export function findShortcut(event, root, { editor, findBar }) {
  const path = event.composedPath();
  const [target] = path;
  const isInside = path.includes(root);
  const { code } = event;
  if (event.isComposing || root.querySelector("dialog[open], details.menu[open]")) return null;
  const isInFindBar = findBar.root.contains(target);
  if (event.ctrlKey || event.metaKey) return withControl(event, { target, isInside, isInFindBar });
  if (!event.altKey && !event.shiftKey && FUNCTION_KEYS[code]) return FUNCTION_KEYS[code];
  if (event.altKey && event.shiftKey && isInside && BORDERS[code]) return BORDERS[code];
  if (event.altKey) return neighbourWhileEditing(code, editor) ?? ANYWHERE[code];
  if (target.isContentEditable && isInside) return whileEditing(code, editor);
  if (code === "Escape" && isInFindBar) return () => findBar.close();
  if (isTyping(target)) return null;
  if (event.key === "?") return ({ shortcutsDialog }) => shortcutsDialog.open();
  if (isInside && target.closest(".segment") && ON_SEGMENT[code]) return ON_SEGMENT[code];
  return ANYWHERE[code] ?? (isUsedByControl(target, code) ? null : OUTSIDE_CONTROLS[code]);
}

function whileEditing(code, editor) {
  if (code === "Backspace") return editor.canJoinPrevious ? () => editor.joinPrevious() : null;
  return WHILE_EDITING[code];
}

function withControl(event, { target, isInside, isInFindBar }) {
  if (event.altKey) return null;
  if (event.code === "KeyF" && !event.shiftKey) {
    // pressed a second time, it opens the browser's own search
    return isInFindBar ? null : ({ findBar }) => findBar.open();
  }
  const isEditing = isInside && target.isContentEditable;
  if (isEditing && !event.shiftKey && WITH_CONTROL_WHILE_EDITING[event.code]) {
    return WITH_CONTROL_WHILE_EDITING[event.code];
  }
  const isOurs = isInside ? target.tagName !== "INPUT" : !isTyping(target);
  return isOurs ? WITH_CONTROL[event.code] : null;
}

/** Return the action that moves from the segment being edited to the next or previous one. */
function neighbourWhileEditing(code, { position }) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[code];
  if (!step || position === null) return undefined;
  return ({ editor, transcript }) => editor.open(transcript.neighbour(position, step));
}

function isTyping(target) {
  const isField = /^(TEXTAREA|SELECT)$/.test(target.tagName) || isTextInput(target);
  return target.isContentEditable || isField;
}

function isTextInput(target) {
  return target.tagName === "INPUT" && !/^(range|checkbox|radio|button)$/.test(target.type);
}

/** Return whether a control has its own use for a key. */
function isUsedByControl(target, code) {
  if (code === "Space") return /^(BUTTON|A|SUMMARY|INPUT|LABEL)$/.test(target.tagName);
  const widget = target.closest?.("[role=tab], [role=radio], [role=slider], [role=menuitem]");
  return target.tagName === "INPUT" || Boolean(widget);
}
