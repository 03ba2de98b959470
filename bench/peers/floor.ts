/** The floor: bare `node:http` that reads the Authorization header and answers 100 bytes of JSON. */
import { createServer } from 'node:http';

const body = JSON.stringify({ active: true, padding: 'x'.repeat(100 - '{"active":true,"padding":""}'.length) });
createServer((request, response) => {
  const authorized = request.headers.authorization?.startsWith('Bearer ') === true;
  response.writeHead(authorized ? 200 : 401, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}).listen(Number(process.argv[2]), '127.0.0.1');
