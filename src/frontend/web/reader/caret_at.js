// Finds the place in a text under the pointer.

/** Return the node and the offset in it under a point; offset 0 where the browser cannot tell. */
export function caretAt(root, x, y) {
  if (document.caretPositionFromPoint) {
    const caret = document.caretPositionFromPoint(x, y, { shadowRoots: [root] });
    return { node: caret?.offsetNode ?? null, offset: caret?.offset ?? 0 };
  }
  const range = document.caretRangeFromPoint?.(x, y);
  return { node: range?.startContainer ?? null, offset: range?.startOffset ?? 0 };
}
