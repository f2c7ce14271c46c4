import { createHash, timingSafeEqual } from 'node:crypto';
import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { UnauthenticatedError } from '../common/errors.js';
import { Public } from '../http/public.js';
import { Settings } from '../config/settings.js';
import { Metrics } from '../metrics/metrics.js';

class MetricsTokenError extends UnauthenticatedError {
  constructor() {
    super('Send METRICS_TOKEN as a Bearer token; without that setting nobody is answered.');
  }
}

@ApiTags('health')
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly settings: Settings,
  ) {}

  /**
   * Figures for Prometheus
   *
   * @remarks Open in development; in production it asks for METRICS_TOKEN as a Bearer token.
   *
   * @throws {401} Send METRICS_TOKEN as a Bearer token; without that setting nobody is answered.
   */
  @Public()
  @Get()
  @ApiOkResponse({
    description: 'The text format of Prometheus',
    content: { 'text/plain': { schema: { type: 'string' } } },
  })
  async readMetrics(
    @Headers('authorization') authorization: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { isProduction, metricsToken } = this.settings;
    if (isProduction && !isToken(authorization, metricsToken)) throw new MetricsTokenError();
    const text = await this.metrics.text();
    void reply.header('content-type', this.metrics.contentType).send(text);
  }
}

function isToken(authorization: string | undefined, token: string | undefined): boolean {
  if (token === undefined || authorization === undefined) return false;
  return timingSafeEqual(digest(authorization), digest(`Bearer ${token}`));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
