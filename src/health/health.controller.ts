import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../http/public.js';
import { LivenessDto, ReadinessDto } from './health.dto.js';
import { HealthService } from './health.service.js';

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /**
   * Whether the process is alive
   *
   * @remarks It asks for nothing else: who restarts what is dead asks here.
   */
  @Public()
  @Get('live')
  live(): LivenessDto {
    return { status: 'ok' };
  }

  /**
   * Whether it can do its work
   *
   * @remarks Who sends requests on, such as a load balancer, asks here.
   *
   * @throws {503} The server is shutting down, its database does not answer, a key is missing, or its clock is wrong.
   */
  @Public()
  @Get('ready')
  ready(): Promise<ReadinessDto> {
    return this.health.requireReady();
  }
}
