export class LivenessDto {
  /** @example ok */
  status: 'ok';
}

export class ReadinessDto extends LivenessDto {
  /**
   * The database answers, and takes writes.
   * @example ok
   */
  database: 'ok';

  /**
   * Every stored key can be unwrapped with the master keys given.
   * @example ok
   */
  keys: 'ok';

  /**
   * Only with `REDIS_URL`. `degraded`: it is away, or its user may not do what is needed; this
   * server goes on, but news of others is held up.
   * @example ok
   */
  redis?: 'ok' | 'degraded';

  /**
   * Only where files can be sent. `degraded`: their store is away, refuses, or has no space; all else
   * goes on.
   * @example ok
   */
  attachments?: 'ok' | 'degraded';
}
