import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../common/public.js';
import { LiveDto, ReadyDto } from './health.dto.js';
import { HealthService } from './health.service.js';

@ApiTags('health')
@Public(true)
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /** Whether the process is alive */
  @Get('live')
  live(): LiveDto {
    return { status: 'ok' };
  }

  /**
   * Whether it can do its work
   *
   * @throws {503} The server is shutting down, its database does not answer, or a key is missing.
   */
  @Get('ready')
  ready(): Promise<ReadyDto> {
    return this.health.requireReady();
  }
}
