import { Injectable } from '@nestjs/common';
import {
  KeyRenewal,
  type RenewalReport,
  type RenewalTarget,
} from '../../encryption/key-renewal.js';
import { KeyRotation, type RotationReport } from '../../encryption/key-rotation.js';
import { KeyStatus } from '../../encryption/key-status.js';
import { KeyVerification } from '../../encryption/key-verification.js';
import { Accounts } from './accounts.js';
import { audit } from './audit.js';
import { type Given, refuse, requireId, type Table, textOf } from './given.js';

/** Keys, as an operator looks after them. */
@Injectable()
export class KeyOperations {
  readonly table: Table = {
    'keys.status': () => this.status.read(),
    'keys.rotate': () => this.rotate(),
    'keys.verify': ({ messages }) => this.verification.verify({ messages: messages === true }),
    'keys.renew': (given) => this.renew(given),
  };

  constructor(
    private readonly status: KeyStatus,
    private readonly rotation: KeyRotation,
    private readonly renewal: KeyRenewal,
    private readonly verification: KeyVerification,
    private readonly accounts: Accounts,
  ) {}

  private async rotate(): Promise<RotationReport> {
    const report = await this.rotation.rotate();
    audit('keys.rotated', { rows: report.rows });
    return report;
  }

  private async renew(given: Given): Promise<RenewalReport> {
    const target = await this.targetOf(given);
    const report = await this.renewal.renew(target);
    const whose = target === 'all' ? {} : namesOf(target);
    audit('keys.renewed', { ...whose, ...report });
    return report;
  }

  private async targetOf(given: Given): Promise<RenewalTarget> {
    const { room, user, all } = given;
    if ([room, user, all].filter((value) => value !== undefined).length !== 1) {
      refuse('keys renew', 'takes one of --room, --user and --all');
    }
    if (all !== undefined) return 'all';
    if (room !== undefined) return { chatId: requireId(textOf(given, 'room'), '--room') };
    return { userId: (await this.accounts.require(given)).id };
  }
}

function namesOf(target: Exclude<RenewalTarget, 'all'>): object {
  return 'chatId' in target ? { chat_id: target.chatId } : { user_id: target.userId };
}
