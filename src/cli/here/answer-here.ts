import 'reflect-metadata';
import { setTimeout } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { Settings } from '../../config/settings.js';
import { openDatabase } from '../../database/open-database.js';
import { KeyReports } from '../../encryption/key-reports.js';
import { entities } from '../../entities.js';
import { AppLogger, createLog } from '../../http/logger.js';
import { RedisClient } from '../../redis/redis-client.js';
import { Operations } from '../operations/operations.js';
import type { Answer, Request } from '../socket/protocol.js';
import { HereModule } from './here.module.js';

const STANDARD_ERROR = 2;
const REDIS_MS = 3000;
/** What would wrap keys under another first master key than running servers. */
const SEALING = new Set(['users.add', 'keys.rotate', 'keys.renew']);

/**
 * Does in this process what no server is there to do: on SQLite under the lock of DATA_DIR, on PostgreSQL
 * beside servers of other folders, which hear of it by Redis, or as they look again.
 */
export async function answerHere(request: Request, env: NodeJS.ProcessEnv): Promise<Answer> {
  const settings = new Settings(env);
  const logger = new AppLogger(createLog(levelOf(settings), STANDARD_ERROR));
  const database = await openDatabase(settings, entities);
  const module = HereModule.with(settings, database);
  const context = await NestFactory.createApplicationContext(module, {
    logger,
    abortOnError: false,
  });
  try {
    const redis = context.get(RedisClient, { strict: false });
    await Promise.race([redis.tried(), setTimeout(REDIS_MS, undefined, { ref: false })]);
    if (SEALING.has(request.operation))
      await context.get(KeyReports, { strict: false }).requireSameFirstKey();
    const answer = await context.get(Operations, { strict: false }).answer(request);
    await redis.commands?.ping().catch(() => undefined); // what was published is there by its answer
    return answer;
  } finally {
    await context.close();
  }
}

/** The lines of the audit log are written whatever the setting. */
function levelOf({ logLevel }: Settings): string {
  return logLevel === 'debug' || logLevel === 'trace' ? logLevel : 'info';
}
