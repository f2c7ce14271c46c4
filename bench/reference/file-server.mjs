// About the least that sends a range of a file: FILE names it, PORT is where.
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';

const file = await open(process.env.FILE);

const server = createServer(async ({ url, headers }, response) => {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
  if (url === '/health/ready' || first === undefined) return void response.end();
  const [start, end] = [Number(first), Number(last)];
  const length = end - start + 1;
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, start);
  response.writeHead(206, { 'content-length': length });
  response.end(buffer);
});
server.listen(Number(process.env.PORT), '127.0.0.1');
