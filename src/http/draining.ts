import { Injectable, OnModuleDestroy } from '@nestjs/common';
import { UnavailableError } from '../common/errors.js';

/** Whether the server is shutting down: it answers what it has accepted and accepts no more. */
@Injectable()
export class Draining implements OnModuleDestroy {
  private begun = false;

  get hasBegun(): boolean {
    return this.begun;
  }

  onModuleDestroy(): void {
    this.begun = true;
  }

  /** @throws UnavailableError */
  refuseNew(): void {
    if (this.begun) throw new UnavailableError('The server is shutting down. Try again.', 2);
  }
}
