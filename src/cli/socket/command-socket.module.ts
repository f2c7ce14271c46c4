import { Module } from '@nestjs/common';
import { OperationsModule } from '../operations/operations.module.js';
import { CommandSocket } from './command-socket.js';

@Module({ imports: [OperationsModule], providers: [CommandSocket] })
export class CommandSocketModule {}
