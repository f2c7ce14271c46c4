import type { IncomingHttpHeaders } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import { isAllowedOrigin } from '../config/origins.js';
import { Settings } from '../config/settings.js';
import { WrongOriginError } from './realtime.errors.js';

/** Anybody may name any; an operator needs to read of a few. */
const MAX_TOLD = 100;
const MAX_CHARACTERS = 200;

/** From which pages a socket may be opened: browsers ask nobody before they do. */
@Injectable()
export class SocketOrigins {
  private readonly logger = new Logger(SocketOrigins.name);
  private readonly told = new Set<string>();

  constructor(private readonly settings: Settings) {}

  /**
   * Browsers always name the page's origin; the server's own is theirs too. Others name none.
   *
   * @throws WrongOriginError
   */
  require({ origin, host }: IncomingHttpHeaders): void {
    if (origin === undefined || isAllowedOrigin(this.settings, origin)) return;
    if (URL.canParse(origin) && new URL(origin).host === host) return;
    this.tell(origin.slice(0, MAX_CHARACTERS));
    throw new WrongOriginError();
  }

  /** Once for each: the browser shows the page's author no more than that it failed. */
  private tell(origin: string): void {
    if (this.told.has(origin) || this.told.size >= MAX_TOLD) return;
    this.told.add(origin);
    this.logger.warn({
      event: 'socket.wrong_origin',
      origin,
      hint: 'Its pages may open sockets once CORS_ORIGINS lists it.',
    });
  }
}
