import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Settings } from '../config/settings.js';
import { VERSION } from '../config/version.js';
import { Public } from '../http/public.js';
import { ServerDto } from './server.dto.js';

@ApiTags('server')
@Controller('server')
export class ServerController {
  constructor(private readonly settings: Settings) {}

  /**
   * What this server offers, for everybody to know
   *
   * @remarks A page asks it what to show, before anybody has logged in.
   */
  @Public()
  @Get()
  describeServer(): ServerDto {
    const { isSignUpOpen, isPasswordLogInOn, exchangeSecrets, attachments } = this.settings;
    return {
      version: VERSION,
      sign_up: isSignUpOpen && isPasswordLogInOn ? 'open' : 'closed',
      password_log_in: isPasswordLogInOn,
      exchange: exchangeSecrets.length > 0,
      attachments: attachments && { max_bytes: attachments.maxBytes },
      search: true,
    };
  }
}
