import type { FastifyReply, FastifyRequest } from 'fastify';

interface File {
  name: string;
  /** The folder that it lies in. */
  root: string;
  /** Instead of those that follow from its name. */
  headers?: Record<string, string>;
}

/** The whole file, what is asked of it, or that it has not changed. */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { name, root, headers = {} }: File,
): Promise<FastifyReply> {
  const { send } = await import('@fastify/send');
  const result = await send(request.raw, name, { root });
  if (result.type === 'error') throw result.metadata.error;
  return reply
    .code(result.statusCode)
    .headers({ ...result.headers, ...headers })
    .send(result.stream);
}
