// Uploads with tus-js-client in three ways; prints the addresses of the uploads as JSON.
// Usage: node tus_js_client.mjs UPLOADS_URL RECORDING

import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { Upload } from "tus-js-client";

const [endpoint, path] = process.argv.slice(2);
const recording = await readFile(path);
const chunkSize = 32 * 1024;

/** Upload `source`; resolves with the address, or with null if `options.onChunkComplete` aborts. */
function upload(source, options = {}) {
  return new Promise((resolve, reject) => {
    const one = new Upload(source, {
      endpoint,
      chunkSize,
      metadata: { filename: "Звонок.wav" },
      retryDelays: null,
      onSuccess: () => resolve(one.url),
      onError: reject,
      ...options,
      onChunkComplete: () => options.onChunkComplete?.(one, resolve),
    });
    one.start();
  });
}

const interrupted = await upload(recording, {
  onChunkComplete: (one, resolve) => one.abort().then(() => resolve(one.url)),
});
const found = {
  resumed: await upload(recording, { uploadUrl: interrupted }),
  parallel: await upload(recording, { parallelUploads: 2 }),
  // of a file's own stream tus-js-client knows the length and never tells it
  deferred: await upload(createReadStream(path).pipe(new PassThrough()), {
    uploadLengthDeferred: true,
  }),
};
found.is_resumed = found.resumed === interrupted;
console.log(JSON.stringify(found));
