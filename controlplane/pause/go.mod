module open-cluster-management/controlplane/pause

go 1.25.0
