import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, Repository } from 'typeorm';
import type { AuthUser } from '../common/current-user.js';
import { newId } from '../common/ids.js';
import { Settings } from '../config/settings.js';
import { Database } from '../database/database.js';
import type { TokensDto } from './auth.dto.js';
import { DeadTokenError } from './auth.errors.js';
import { Session } from './session.entity.js';
import { type TokenClaims, TokenService } from './token.service.js';
import { type TokenUse, WhitelistedToken } from './whitelisted-token.entity.js';

/** Where a session was opened from. */
export interface Device {
  ip: string;
  userAgent: string | null;
}

@Injectable()
export class SessionService {
  constructor(
    @InjectRepository(WhitelistedToken) private readonly whitelist: Repository<WhitelistedToken>,
    private readonly database: Database,
    private readonly tokens: TokenService,
    private readonly settings: Settings,
  ) {}

  /** Opens a session: its first two tokens enter the whitelist. */
  async open(manager: EntityManager, userId: string, device: Device): Promise<TokensDto> {
    const now = new Date();
    const session: Session = {
      id: newId(),
      userId,
      createdAt: now,
      lastUsedAt: now,
      ip: device.ip,
      userAgent: device.userAgent,
    };
    const { accessTokenTtlSeconds, refreshTokenTtlSeconds } = this.settings;
    const access = newToken(session, 'access', now, accessTokenTtlSeconds);
    const refresh = newToken(session, 'refresh', now, refreshTokenTtlSeconds);
    await manager.insert(Session, session);
    await manager.insert(WhitelistedToken, [access, refresh]);
    return {
      access_token: this.tokens.sign(access),
      refresh_token: this.tokens.sign(refresh),
      token_type: 'Bearer',
      expires_in: accessTokenTtlSeconds,
    };
  }

  /** The caller behind an access token. @throws DeadTokenError when the whitelist lacks it */
  async requireLive({ jti, sub, sid }: TokenClaims): Promise<AuthUser> {
    const row = await this.whitelist.findOneBy({ jti });
    const isLive =
      row !== null &&
      row.use === 'access' &&
      row.userId === sub &&
      row.sessionId === sid &&
      row.expiresAt.getTime() > Date.now();
    if (!isLive) throw new DeadTokenError();
    return { id: sub, sessionId: sid };
  }

  /** Ends a session at once: none of its tokens stands in the whitelist any more. */
  async end(sessionId: string): Promise<void> {
    await this.database.write((manager) => manager.delete(Session, sessionId));
  }
}

function newToken(
  session: Session,
  use: TokenUse,
  now: Date,
  ttlSeconds: number,
): WhitelistedToken {
  return {
    jti: newId(),
    sessionId: session.id,
    userId: session.userId,
    use,
    issuedAt: now,
    expiresAt: new Date(now.getTime() + ttlSeconds * 1000),
  };
}
