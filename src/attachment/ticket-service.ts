import { Injectable } from '@nestjs/common';
import { Tickets } from '../auth/tickets.js';
import type { AuthUser } from '../http/current-user.js';
import { AttachmentAccess } from './attachment-access.js';
import type { TicketDto, TicketPageDto } from './attachment.dto.js';

/** Gives out URLs that need no token. */
@Injectable()
export class TicketService {
  constructor(
    private readonly access: AttachmentAccess,
    private readonly tickets: Tickets,
  ) {}

  /** Files that are not complete, or not the user's to see, are left out. */
  async make(user: AuthUser, ids: string[]): Promise<TicketPageDto> {
    const files = await this.access.listReadable(user.id, ids);
    const complete = files.filter(({ state }) => state === 'complete');
    const data = complete.map(({ id, thumbnailSize }): TicketDto => {
      const { ticket, expiresAt } = this.tickets.make(id, user);
      const url = (what: string): string => `/attachment/${id}/${what}?ticket=${ticket}`;
      return {
        id,
        url: url('content'),
        thumbnail_url: thumbnailSize === null ? null : url('thumbnail'),
        expires_at: expiresAt.toISOString(),
      };
    });
    return { data };
  }
}
