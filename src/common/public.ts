import { Reflector } from '@nestjs/core';

/** Opens a route to callers without a token; every other one is closed. */
export const Public = Reflector.createDecorator<true>();
