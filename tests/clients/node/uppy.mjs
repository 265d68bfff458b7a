// Uploads with Uppy's tus plugin; prints the address and the progress as JSON.
// Usage: node uppy.mjs UPLOADS_URL RECORDING

import { readFile } from "node:fs/promises";
import Uppy from "@uppy/core";
import Tus from "@uppy/tus";

const [endpoint, path] = process.argv.slice(2);
const uppy = new Uppy().use(Tus, { endpoint, chunkSize: 32 * 1024, retryDelays: [] });
const sent = [];
uppy.on("upload-progress", (_, { bytesUploaded }) => sent.push(bytesUploaded));
uppy.addFile({ name: "Звонок.wav", type: "audio/wav", data: await readFile(path) });
const { successful, failed } = await uppy.upload();
if (failed.length) throw new Error(failed[0].error);
console.log(JSON.stringify({ url: successful[0].uploadURL, sent }));
