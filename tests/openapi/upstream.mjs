// The APIs of the examples without a demo and of the document beside this file, as far as their operations need them: `node upstream.mjs`
// prints the address. Every seventh request is refused, with the statuses of `REFUSALS` in turn; none with `node upstream.mjs 0`.
import { createServer } from 'node:http';

const issue = { number: 1, title: 'It does not start', state: 'open' };
const payment = { id: 'pi_1', status: 'succeeded' };

/** Marks an answer whose body is a picture. */
const PICTURE = 'a picture';

/** Each request and its answer: method, path, status, body, headers. */
const ANSWERS = [
  ['GET', /^\/repos\/[^/]+\/[^/]+\/issues$/, 200, [issue], { Link: '</repos/a/b/issues?page=2>; rel="next"' }],
  ['POST', /^\/repos\/[^/]+\/[^/]+\/issues$/, 201, issue, { Location: '/repos/a/b/issues/1' }],
  ['GET', /^\/repos\/[^/]+\/[^/]+\/pulls$/, 200, [issue]],
  ['GET', /^\/repos\/[^/]+\/[^/]+\/contents\/./, 200, { path: 'a', sha: 'b', size: 1 }],
  ['PUT', /^\/user\/starred\/[^/]+\/[^/]+$/, 204],
  ['POST', /^\/v1\/payment_intents$/, 200, payment],
  ['GET', /^\/v1\/payment_intents$/, 200, { data: [payment], has_more: false }],
  ['GET', /^\/v1\/payment_intents\/[^/]+$/, 200, payment],
  ['POST', /^\/v1\/files$/, 200, { id: 'file_1' }],
  ['GET', /^\/pictures\/[^/]+$/, 200, PICTURE],
  ['GET', /^\/[^/]+$/, 200, PICTURE],
  ['PUT', /^\/[^/]+$/, 201, { id: 'a' }],
  ['DELETE', /^\/[^/]+$/, 204],
];
const REFUSALS = [400, 403, 404, 409, 410, 422, 429];

const every = Number(process.argv[2] ?? 7);
let requests = 0;
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    requests += 1;
    const send = (status, body, headers) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const type = text === '' ? {} : { 'Content-Type': 'application/json' };
      response.writeHead(status, { ...type, ...headers }).end(text);
    };
    if (every && requests % every === 0) {
      const status = REFUSALS[(requests / every) % REFUSALS.length];
      return send(status, { message: 'refused' }, status === 429 ? { 'Retry-After': '1' } : {});
    }
    const path = request.url.split('?')[0];
    const answer = ANSWERS.find(([method, pattern]) => method === request.method && pattern.test(path));
    if (!answer) return send(404, { message: 'Not Found' });
    if (/raw/.test(request.headers.accept) || answer[3] === PICTURE) return response.writeHead(200, { 'Content-Type': 'image/png' }).end(Buffer.from([137, 80, 78, 71]));
    send(...answer.slice(2));
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
