{{/* The image of a component: its override, else registry, name and tag. Takes root, name and override. */}}
{{- define "klusterlet.image" -}}
{{- $images := .root.Values.images -}}
{{- get $images.overrides .override | default (printf "%s/%s:%v" $images.registry .name ($images.tag | default .root.Chart.AppVersion)) -}}
{{- end }}

{{- define "klusterlet.operatorImage" -}}
{{ include "klusterlet.image" (dict "root" . "name" "registration-operator" "override" "operatorImage") }}
{{- end }}

{{/* The docker config of the pull secret: generated from user and password, else the one given, else an empty one. */}}
{{- define "klusterlet.dockerConfig" -}}
{{- with .Values.images.imageCredentials -}}
{{- if and .userName .password -}}
{{- $auth := printf "%s:%s" .userName .password | b64enc -}}
{{- dict "auths" (dict $.Values.images.registry (dict "auth" $auth)) | toJson -}}
{{- else -}}
{{- .dockerConfigJson | default "{}" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Not empty when the agents run on another cluster than the one that they manage. */}}
{{- define "klusterlet.isHosted" -}}
{{- if has .Values.klusterlet.mode (list "Hosted" "SingletonHosted") }}true{{ end -}}
{{- end }}

{{/* Not empty when the operator is part of the release; a hosting cluster has to have one already. */}}
{{- define "klusterlet.hasOperator" -}}
{{- if not (or .Values.noOperator (include "klusterlet.isHosted" .)) }}true{{ end -}}
{{- end }}

{{/* The name of the Klusterlet. */}}
{{- define "klusterlet.name" -}}
{{- $default := ternary (printf "klusterlet-%v" .Values.klusterlet.clusterName) "klusterlet" (eq (include "klusterlet.isHosted" .) "true") -}}
{{- .Values.klusterlet.name | default $default -}}
{{- end }}

{{/* spec.namespace: where the agents are at home on the managed cluster. */}}
{{- define "klusterlet.namespace" -}}
{{- $default := ternary (printf "open-cluster-management-%v" .Values.klusterlet.clusterName) "open-cluster-management-agent" (eq (include "klusterlet.isHosted" .) "true") -}}
{{- .Values.klusterlet.namespace | default $default -}}
{{- end }}

{{/* Where the agents run and look for their Secrets: hosted, in the namespace with the Klusterlet's name. */}}
{{- define "klusterlet.agentNamespace" -}}
{{- if include "klusterlet.isHosted" . }}{{ include "klusterlet.name" . }}{{ else }}{{ include "klusterlet.namespace" . }}{{ end -}}
{{- end }}
