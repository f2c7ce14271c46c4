import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { ExchangeTokens } from './exchange-tokens.js';
import { JwtKeys } from './jwt-keys.js';
import { TokenRules } from './token-rules.js';
import { TokenService } from './token.service.js';

@Module({
  imports: [JwtModule.register({})],
  providers: [ExchangeTokens, JwtKeys, TokenRules, TokenService],
  exports: [ExchangeTokens, TokenRules, TokenService],
})
export class TokenModule {}
