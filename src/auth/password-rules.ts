import { Injectable, OnModuleInit } from '@nestjs/common';
import { InvalidInputError } from '../common/errors.js';
import { Settings } from '../config/settings.js';

/** Which passwords are too easy to guess. */
@Injectable()
export class PasswordRules implements OnModuleInit {
  private common = new Set<string>();

  constructor(private readonly settings: Settings) {}

  /** The commonest passwords, from the list of zxcvbn: some 49,000 of leaked ones. */
  async onModuleInit(): Promise<void> {
    if (!this.settings.isPasswordBlocklistOn) return;
    const { dictionary } = await import('@zxcvbn-ts/language-common');
    this.common = new Set(dictionary['passwords-common']);
  }

  /**
   * @param field what the password is called in the request
   * @throws InvalidInputError
   */
  require(password: string, email: string, field: string): void {
    const text = password.toLowerCase();
    const [name] = email.toLowerCase().split('@');
    if (text === email.toLowerCase() || text === name) {
      refuse(field, `${field} must not be your e-mail`);
    }
    if (this.common.has(text)) {
      refuse(field, `${field} is among the commonest passwords; choose one that is not`);
    }
  }
}

function refuse(field: string, message: string): never {
  throw new InvalidInputError([{ field, messages: [message] }]);
}
