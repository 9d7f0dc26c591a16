// Takes the deliveries of a hub: verifies each, leaves out those that it had
// before, and prints the rest.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const tolerance = 5 * 60; // seconds between the clock of the hub and this one
const maxBody = 1 << 20;
const secrets = (process.env.WEBHOOK_SECRET ?? '').split(' '); // two while one takes the place of the other
const had = new Set(); // ids of events; keep them in your database

// verify gives why a message can't be believed, or ''.
function verify(headers, body) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  if (!id || !/^\d+$/.test(timestamp ?? '') || Math.abs(Date.now() / 1000 - timestamp) > tolerance) {
    return 'the headers are missing or stale';
  }
  const signatures = (headers['webhook-signature'] ?? '').split(' ');
  for (const secret of secrets) {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    if (key.length === 0) return 'WEBHOOK_SECRET is not a secret';
    const mac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
    const want = Buffer.from(`v1,${mac}`);
    for (const signature of signatures) {
      const got = Buffer.from(signature);
      if (got.length === want.length && timingSafeEqual(got, want)) return ''; // as long for any text
    }
  }
  return 'no signature fits';
}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= maxBody) chunks.push(chunk);
  }
  return size <= maxBody ? Buffer.concat(chunks) : null;
}

function receive(headers, body) {
  if (body === null) return [413, 'the body is too large'];
  const problem = verify(headers, body); // of the raw bytes, which are what was signed
  if (problem) return [400, problem];
  const event = JSON.parse(body);
  if (!had.has(headers['webhook-id'])) {
    had.add(headers['webhook-id']);
    console.log(event.type, event.sequence, JSON.stringify(event.data));
  }
  return [204, ''];
}

const server = createServer(async (request, response) => {
  const [status, text] = receive(request.headers, await readBody(request));
  response.writeHead(status).end(text);
});
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
