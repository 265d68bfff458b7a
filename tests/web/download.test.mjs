import assert from "node:assert/strict";
import { test } from "node:test";

import { attachmentName } from "../../src/frontend/web/common/download.js";

test("a download has the name that people gave it, not the transliterated one", () => {
  const header = "attachment; filename=\"Vstrecha.srt\"; filename*=UTF-8''%D0%90%3B%20%C2%AB1%C2%BB.srt";
  assert.equal(attachmentName(header), "А; «1».srt");
});
