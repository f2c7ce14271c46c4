import 'reflect-metadata';
import { type DynamicModule, type INestApplicationContext, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SignUpDto } from '../auth/auth.dto.js';
import { AuthModule } from '../auth/auth.module.js';
import { NewAccounts } from '../auth/new-accounts.js';
import { InvalidInputError } from '../common/errors.js';
import { ConfigModule } from '../config/config.module.js';
import { Settings } from '../config/settings.js';
import type { Database } from '../database/database.js';
import { openDatabase } from '../database/open-database.js';
import { DatabaseModule } from '../database/database.module.js';
import { entities } from '../entities.js';
import { EventsModule } from '../events/events.module.js';
import { AppLogger, createLog } from '../http/logger.js';
import { InputPipe } from '../http/validation.pipe.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import type { User } from '../user/user.entity.js';
import { readPassword } from './read-password.js';

const USAGE = `Usage: npm run user:add -- <e-mail>
Makes an account by the rules of sign-up, in the database that the settings name. The password is asked
for at a terminal, else read from standard input.`;
const STANDARD_ERROR = 2;

/** What an account needs of the application. */
@Module({})
class AddUserModule {
  static with(settings: Settings, database: Database): DynamicModule {
    return {
      module: AddUserModule,
      imports: [
        ConfigModule.with(settings),
        DatabaseModule.with(database),
        MetricsModule,
        EventsModule,
        AuthModule,
      ],
    };
  }
}

/** `npm run user:add -- <e-mail>`. On PostgreSQL servers may run meanwhile; on SQLite none may. */
async function main(): Promise<void> {
  const [email, ...more] = process.argv.slice(2);
  if (!email || more.length > 0 || email.startsWith('-')) {
    console.error(USAGE);
    process.exitCode = 2;
    return;
  }
  process.umask(0o077);
  // Nobody has to be told of a new account: Redis need not be reached from here.
  const settings = new Settings({ ...process.env, REDIS_URL: '', REDIS_URL_FILE: '' });
  const password = await readPassword();
  const account = await requireSound({ email, password });
  const logger = new AppLogger(createLog(settings.logLevel, STANDARD_ERROR));
  const database = await openDatabase(settings, entities);
  const module = AddUserModule.with(settings, database);
  const context = await NestFactory.createApplicationContext(module, {
    logger,
    abortOnError: false,
  });
  try {
    const user = await addUser(context, account);
    const place = settings.databaseUrl ? 'the database at DATABASE_URL' : settings.dataDir;
    console.log(`Added ${user.email} to ${place}, with the id ${user.id}.`);
  } finally {
    await context.close();
  }
}

/** @throws InvalidInputError as for the body of a sign-up */
async function requireSound(account: object): Promise<SignUpDto> {
  const asBody = { type: 'body', metatype: SignUpDto } as const;
  return (await new InputPipe().transform(account, asBody)) as SignUpDto;
}

async function addUser(context: INestApplicationContext, dto: SignUpDto): Promise<User> {
  const caller = {
    device: { ip: '', userAgent: null },
    since: performance.now(),
    gone: new AbortController().signal,
  };
  const user = await context.get(NewAccounts).make(dto, caller, (_manager, user) => user);
  new Logger('audit').log({ event: 'user.added', user_id: user.id });
  return user;
}

function wordsOf(error: unknown): string {
  if (error instanceof InvalidInputError) {
    return error.fields.flatMap(({ messages }) => messages).join('\n');
  }
  return error instanceof Error ? error.message : String(error);
}

main().catch((error: unknown) => {
  console.error(`No account was made. ${wordsOf(error)}`);
  process.exit(1);
});
