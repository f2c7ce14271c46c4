import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { JobOwner } from './job-owner.js';
import { Jobs } from './jobs.js';

@Module({ imports: [DiscoveryModule], providers: [JobOwner, Jobs] })
export class JobsModule {}
