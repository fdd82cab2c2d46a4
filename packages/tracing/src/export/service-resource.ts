import type * as Resources from "@opentelemetry/resources";

/** Who sends the spans: `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` over the option over `wheelhouse`. */
export function serviceResource(
  { defaultResource, detectResources, envDetector, resourceFromAttributes }: typeof Resources,
  serviceName = "wheelhouse",
): Resources.Resource {
  return defaultResource()
    .merge(resourceFromAttributes({ "service.name": serviceName }))
    .merge(detectResources({ detectors: [envDetector] }));
}
