import { Module } from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { ThrottlerModule } from '@nestjs/throttler';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Settings } from '../config/settings.js';
import { UserModule } from '../user/user.module.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { FailedLogIns } from './failed-log-ins.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { JwtKeys } from './jwt-keys.js';
import { JwtStrategy } from './jwt.strategy.js';
import { PasswordChangeService } from './password-change.service.js';
import { PasswordHasher } from './password-hasher.js';
import { PasswordRules } from './password-rules.js';
import { PasswordService } from './password.service.js';
import { RateCounter } from './rate-counter.js';
import { RateCounterModule } from './rate-counter.module.js';
import { RateLimitGuard, rateLimits } from './rate-limit.guard.js';
import { RefreshService } from './refresh.service.js';
import { SessionActivity } from './session-activity.js';
import { SessionPurge } from './session-purge.js';
import { SessionController } from './session.controller.js';
import { Session } from './session.entity.js';
import { SessionService } from './session.service.js';
import { TokenService } from './token.service.js';
import { Whitelist } from './whitelist.js';
import { WhitelistedToken } from './whitelisted-token.entity.js';
import { AuthMetrics } from './auth-metrics.js';

@Module({
  imports: [
    JwtModule.register({}),
    PassportModule,
    RateCounterModule,
    ThrottlerModule.forRootAsync({
      imports: [RateCounterModule],
      inject: [Settings, RateCounter, Reflector],
      useFactory: rateLimits,
    }),
    TypeOrmModule.forFeature([Session, WhitelistedToken]),
    UserModule,
  ],
  controllers: [AuthController, SessionController],
  providers: [
    AuthService,
    AuthMetrics,
    FailedLogIns,
    JwtKeys,
    JwtStrategy,
    PasswordChangeService,
    PasswordHasher,
    PasswordRules,
    PasswordService,
    RefreshService,
    SessionActivity,
    SessionPurge,
    SessionService,
    TokenService,
    Whitelist,
    // In this order: the limits are counted for the user whom the first one finds.
    { provide: APP_GUARD, useClass: JwtAuthGuard },
    { provide: APP_GUARD, useClass: RateLimitGuard },
  ],
  exports: [PasswordService, SessionService, TokenService, Whitelist],
})
export class AuthModule {}
