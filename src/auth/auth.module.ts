import { Module } from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { ThrottlerModule } from '@nestjs/throttler';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Settings } from '../config/settings.js';
import { UserModule } from '../user/user.module.js';
import { AccessTokens } from './access-tokens.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { ExchangeController } from './exchange.controller.js';
import { ExchangeService } from './exchange.service.js';
import { FailedLogIns } from './failed-log-ins.js';
import { Identities } from './identities.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { JwtStrategy } from './jwt-strategy.js';
import { NewAccounts } from './new-accounts.js';
import { PasswordChangeService } from './password-change.service.js';
import { PasswordHasher } from './password-hasher.js';
import { PasswordRules } from './password-rules.js';
import { PasswordService } from './password.service.js';
import { RateCounter } from '../rate-limit/rate-counter.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { RateLimitGuard, rateLimits } from './rate-limit.guard.js';
import { RefreshService } from './refresh.service.js';
import { SessionActivity } from './session-activity.js';
import { SessionPurge } from './session-purge.js';
import { SessionController } from './session.controller.js';
import { Session } from './session.entity.js';
import { SessionService } from './session.service.js';
import { TokenModule } from './token.module.js';
import { TokenService } from './token.service.js';
import { Tickets } from './tickets.js';
import { SignUpService } from './sign-up.service.js';
import { Whitelist } from './whitelist.js';
import { WhitelistedToken } from './whitelisted-token.entity.js';
import { AuthMetrics } from './auth-metrics.js';

@Module({
  imports: [
    PassportModule,
    RateLimitModule,
    ThrottlerModule.forRootAsync({
      imports: [RateLimitModule, TokenModule],
      inject: [Settings, RateCounter, Reflector, TokenService],
      useFactory: rateLimits,
    }),
    TokenModule,
    TypeOrmModule.forFeature([Session, WhitelistedToken]),
    UserModule,
  ],
  controllers: [AuthController, ExchangeController, SessionController],
  providers: [
    AccessTokens,
    AuthService,
    AuthMetrics,
    ExchangeService,
    FailedLogIns,
    Identities,
    JwtStrategy,
    NewAccounts,
    PasswordChangeService,
    PasswordHasher,
    PasswordRules,
    PasswordService,
    RefreshService,
    SessionActivity,
    SessionPurge,
    SessionService,
    SignUpService,
    Tickets,
    Whitelist,
    // In this order: the limits are counted for the user whom the first one finds.
    { provide: APP_GUARD, useClass: JwtAuthGuard },
    { provide: APP_GUARD, useClass: RateLimitGuard },
  ],
  exports: [
    AccessTokens,
    ExchangeService,
    NewAccounts,
    PasswordChangeService,
    PasswordService,
    SessionService,
    Tickets,
  ],
})
export class AuthModule {}
