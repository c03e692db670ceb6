/** The service by which CloudEvents travel over gRPC, and the paths of its two methods. */
const service = '/io.cloudevents.v1.CloudEventService';

export const publishPath = `${service}/Publish`;
export const subscribePath = `${service}/Subscribe`;
