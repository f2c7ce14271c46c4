import { Injectable, OnModuleDestroy } from '@nestjs/common';
import { UnavailableError } from './errors.js';

/** Whether the server is shutting down: it answers what it has accepted and accepts no more. */
@Injectable()
export class Draining implements OnModuleDestroy {
  private hasBegun = false;

  onModuleDestroy(): void {
    this.hasBegun = true;
  }

  /** @throws UnavailableError */
  refuseNew(): void {
    if (this.hasBegun) throw new UnavailableError('The server is shutting down. Try again.', 2);
  }
}
