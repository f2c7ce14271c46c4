import { Logger } from '@nestjs/common';

const logger = new Logger('audit');

/** Notes for whoever reads the audit log what was done by the command. */
export function audit(event: string, facts: object): void {
  logger.log({ event, ...facts, via: 'command' });
}
