import { Module } from '@nestjs/common';
import { EncryptionModule } from '../encryption/encryption.module.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';

@Module({
  imports: [EncryptionModule],
  controllers: [HealthController],
  providers: [HealthService],
})
export class HealthModule {}
