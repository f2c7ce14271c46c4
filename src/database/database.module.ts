import { DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Database } from './database.js';
import { DatabaseClock } from './database-clock.js';
import { History } from './history.js';

/** Hands out the opened database, and the repositories that read from it. */
@Global()
@Module({})
export class DatabaseModule {
  static with(database: Database): DynamicModule {
    const reader = TypeOrmModule.forRootAsync({
      useFactory: () => database.reader.options,
      dataSourceFactory: () => Promise.resolve(database.reader),
    });
    return {
      module: DatabaseModule,
      imports: [reader],
      providers: [{ provide: Database, useValue: database }, DatabaseClock, History],
      exports: [Database, DatabaseClock, History],
    };
  }
}
