import { common } from './common';
import { dataIn } from './data-in';
import { plant } from './plant';
import { system } from './system';
import { trend } from './trend';

export const en = { ...common, ...dataIn, ...plant, ...system, ...trend };
