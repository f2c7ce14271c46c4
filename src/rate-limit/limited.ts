import { Reflector } from '@nestjs/core';

/** Counts the calls of a route apart from what counts for every route. */
export const Limited = Reflector.createDecorator<
  'signUp' | 'logIn' | 'findUser' | 'refresh' | 'connect'
>();
