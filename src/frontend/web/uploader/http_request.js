/**
 * Send a request that reports how much of its body has been sent, which fetch cannot.
 *
 * Resolves to the finished XMLHttpRequest; its status is 0 when there was no response. Rejects
 * with the reason of `signal`.
 */
export function sendRequest(method, url, { headers, body = null, signal = null, onSent = null }) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    request.open(method, url);
    Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
    if (onSent) request.upload.onprogress = ({ loaded }) => onSent(loaded);
    request.onabort = () => reject(signal?.reason);
    request.onloadend = () => {
      signal?.removeEventListener("abort", stop);
      resolve(request);
    };
    signal?.addEventListener("abort", stop);
    request.send(body);
  });
}
