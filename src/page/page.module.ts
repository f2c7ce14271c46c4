import { DynamicModule, Module } from '@nestjs/common';
import type { Settings } from '../config/settings.js';
import { MessageModule } from '../message/message.module.js';
import { areRowsShown } from './page.js';
import { RowController } from './row.controller.js';

@Module({ imports: [MessageModule] })
export class PageModule {
  static with(settings: Settings): DynamicModule {
    return { module: PageModule, controllers: areRowsShown(settings) ? [RowController] : [] };
  }
}
