import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../http/public.js';
import { Limited } from '../rate-limit/limited.js';
import { ExchangeDto, SignedInDto } from './auth.dto.js';
import { type Caller, CurrentCaller } from './caller.js';
import { ExchangeService } from './exchange.service.js';

@ApiTags('userauth')
@Controller('userauth')
export class ExchangeController {
  constructor(private readonly exchanges: ExchangeService) {}

  /**
   * Log in by a token of your own backend
   *
   * @remarks Opens a session as a log-in does, for the user that the token names, whom its first one makes. Every
   * fault of a token is answered alike. Servers without `EXCHANGE_SECRET` have no such route.
   *
   * @throws {401} [refused-token] The token does not count here. Have your backend sign another; the log of this server says why.
   * @throws {404} There is no such route. The OpenAPI document lists those there are.
   */
  @Public()
  @Limited('logIn')
  @Post('exchange')
  @ApiCreatedResponse({ type: SignedInDto, description: 'A new user, signed in' })
  @ApiOkResponse({ type: SignedInDto, description: 'Signed in' })
  async exchangeToken(
    @Body() { token }: ExchangeDto,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SignedInDto> {
    const { signedIn, isNew } = await this.exchanges.exchange(token, caller);
    void reply.status(isNew ? 201 : 200);
    return signedIn;
  }
}
