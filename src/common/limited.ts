import { Reflector } from '@nestjs/core';

/** Counts the calls of a route for each address, apart from what counts for every route. */
export const Limited = Reflector.createDecorator<'signUp' | 'logIn'>();
