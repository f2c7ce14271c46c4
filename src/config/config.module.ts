import { DynamicModule, Global, Module } from '@nestjs/common';
import { Secrets } from './secrets.js';
import { Settings } from './settings.js';

@Global()
@Module({})
export class ConfigModule {
  static with(settings: Settings): DynamicModule {
    return {
      module: ConfigModule,
      providers: [{ provide: Settings, useValue: settings }, Secrets],
      exports: [Settings, Secrets],
    };
  }
}
