export class LiveDto {
  /** @example ok */
  status: 'ok';
}

export class ReadyDto extends LiveDto {
  /**
   * The database answers.
   * @example ok
   */
  database: 'ok';

  /**
   * Every stored key can be unwrapped with the master keys given.
   * @example ok
   */
  keys: 'ok';

  /**
   * Only with `REDIS_URL`. `degraded`: it is away; this server goes on, but news of others is held up.
   * @example ok
   */
  redis?: 'ok' | 'degraded';
}
