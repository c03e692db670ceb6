{{/* The image of a component: its override, else registry, name and tag. Takes root, name and override. */}}
{{- define "cluster-manager.image" -}}
{{- $images := .root.Values.images -}}
{{- get $images.overrides .override | default (printf "%s/%s:%v" $images.registry .name ($images.tag | default .root.Chart.AppVersion)) -}}
{{- end }}

{{- define "cluster-manager.operatorImage" -}}
{{ include "cluster-manager.image" (dict "root" . "name" "registration-operator" "override" "operatorImage") }}
{{- end }}

{{/* The Secrets that the operator's Pods pull images with: those of the values, or the one that the chart may create. */}}
{{- define "cluster-manager.imagePullSecrets" -}}
{{- $given := .Values.images.imagePullSecrets -}}
{{- if and $given .Values.images.imageCredentials.createImageCredentials -}}
{{- fail "images.imagePullSecrets names Secrets that are there already; set it, or images.imageCredentials.createImageCredentials" -}}
{{- end -}}
{{- range $index, $secret := $given -}}
{{- if not (get ($secret | default dict) "name") -}}
{{- fail (printf "images.imagePullSecrets[%d].name must be set when imagePullSecrets is provided" $index) -}}
{{- end -}}
{{- end -}}
{{- toYaml ($given | default (list (dict "name" "open-cluster-management-image-pull-credentials"))) -}}
{{- end }}

{{/* The one of them that the operator copies for its operands. */}}
{{- define "cluster-manager.imagePullSecretName" -}}
{{- get (include "cluster-manager.imagePullSecrets" . | fromYamlArray | first) "name" -}}
{{- end }}

{{/* The docker config of the pull secret: generated from user and password, else the one given, else an empty one. */}}
{{- define "cluster-manager.dockerConfig" -}}
{{- with .Values.images.imageCredentials -}}
{{- if and .userName .password -}}
{{- $auth := printf "%s:%s" .userName .password | b64enc -}}
{{- dict "auths" (dict $.Values.images.registry (dict "auth" $auth)) | toJson -}}
{{- else -}}
{{- .dockerConfigJson | default "{}" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/*
spec.registrationConfiguration: what the values say, and the users that the chart creates let in. The API server names
the user of a bootstrap token by the token's id. Nobody is let in without the gate, which the values may still close.
*/}}
{{- define "cluster-manager.registrationConfiguration" -}}
{{- $configuration := deepCopy (.Values.clusterManager.registrationConfiguration | default dict) -}}
{{- $users := list -}}
{{- if .Values.createBootstrapToken -}}
{{- $users = append $users "system:bootstrap:ocmhub" -}}
{{- end -}}
{{- if .Values.createBootstrapSA -}}
{{- $users = append $users (printf "system:serviceaccount:%s:agent-registration-bootstrap" .Release.Namespace) -}}
{{- end -}}
{{- if $users -}}
{{- $_ := set $configuration "autoApproveUsers" (concat ($configuration.autoApproveUsers | default list) $users | uniq) -}}
{{- $gates := $configuration.featureGates | default list -}}
{{- $names := list -}}
{{- range $gates }}{{ $names = append $names .feature }}{{ end -}}
{{- if not (has "ManagedClusterAutoApproval" $names) -}}
{{- $_ := set $configuration "featureGates" (append $gates (dict "feature" "ManagedClusterAutoApproval" "mode" "Enable")) -}}
{{- end -}}
{{- end -}}
{{- if $configuration }}{{ toYaml $configuration }}{{ end -}}
{{- end }}

{{/* The secret half of the bootstrap token: the one that the cluster has, so that join commands stay valid. */}}
{{- define "cluster-manager.tokenSecret" -}}
{{- $present := (lookup "v1" "Secret" "kube-system" "bootstrap-token-ocmhub").data | default dict -}}
{{- with get $present "token-secret" }}{{ b64dec . }}{{ else }}{{ randAlphaNum 16 | lower }}{{ end -}}
{{- end }}
