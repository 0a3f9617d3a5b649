# fish completion for flintctl
complete -c flintctl -f -n '__fish_use_subcommand' -a provision -d 'Make this host ready for microVMs'
complete -c flintctl -f -n '__fish_use_subcommand' -a pool -d 'Look at thin pools'
complete -c flintctl -f -n '__fish_use_subcommand' -a containerd -d 'Configure and run the private containerd'
complete -c flintctl -f -n '__fish_use_subcommand' -a content -d 'Look at containerd\'s content store'
complete -c flintctl -f -n '__fish_use_subcommand' -a image -d 'Pull and manage images'
complete -c flintctl -f -n '__fish_use_subcommand' -a vm -d 'Create, run and delete microVMs'
complete -c flintctl -f -n '__fish_use_subcommand' -a doctor -d 'Check this host: what is amiss, what that breaks, what mends it'
complete -c flintctl -f -n '__fish_use_subcommand' -a gc -d 'Find and remove what killed commands left'
complete -c flintctl -f -n '__fish_use_subcommand' -a version -d 'Print the version of flintctl'
complete -c flintctl -f -n '__fish_use_subcommand' -a help -d 'Show the help of a command'
complete -c flintctl -f -n '__fish_use_subcommand' -a completion -d 'Print a shell\'s completion script'
complete -c flintctl -n '__fish_use_subcommand' -l all-namespaces
complete -c flintctl -n '__fish_use_subcommand' -l config
complete -c flintctl -n '__fish_use_subcommand' -l containerd-address
complete -c flintctl -n '__fish_use_subcommand' -l containerd-namespace
complete -c flintctl -n '__fish_use_subcommand' -l help
complete -c flintctl -n '__fish_use_subcommand' -l namespace
complete -c flintctl -n '__fish_use_subcommand' -l no-color
complete -c flintctl -n '__fish_use_subcommand' -l no-headers
complete -c flintctl -n '__fish_use_subcommand' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_use_subcommand' -l pool
complete -c flintctl -n '__fish_use_subcommand' -l quiet
complete -c flintctl -n '__fish_use_subcommand' -l verbose
complete -c flintctl -n '__fish_use_subcommand' -l version
complete -c flintctl -f -n '__fish_seen_subcommand_from provision' -a all -d 'Make this host ready, whatever is missing of it'
complete -c flintctl -f -n '__fish_seen_subcommand_from provision' -a status -d 'Say of every step whether it is in place'
complete -c flintctl -f -n '__fish_seen_subcommand_from provision' -a reset -d 'Undo what provisioning did to this host'
complete -c flintctl -f -n '__fish_seen_subcommand_from provision' -a devpool -d 'Make a device-mapper thin pool on sparse files, or bring it back'
complete -c flintctl -f -n '__fish_seen_subcommand_from provision' -a lvm -d 'Make the production thin pool on a disk of its own, or bring it back'
complete -c flintctl -f -n '__fish_seen_subcommand_from provision' -a containerd -d 'Configure a containerd, have it run now and at each boot'
complete -c flintctl -f -n '__fish_seen_subcommand_from provision' -a network -d 'Make a bridge for VMs, with forwarding and address translation'
complete -c flintctl -f -n '__fish_seen_subcommand_from provision' -a vmm -d 'Install a hypervisor from a verified file or its package, or list them'
complete -c flintctl -n '__fish_seen_subcommand_from provision' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from provision' -l config
complete -c flintctl -n '__fish_seen_subcommand_from provision' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from provision' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision' -l help
complete -c flintctl -n '__fish_seen_subcommand_from provision' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from provision' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from provision' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from provision' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from provision' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from provision' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from provision' -l version
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l config
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l dry-run
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l file
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l help
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l restart
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l version
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l wait -x -a 'none running booted'
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from all' -l wipe
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from status' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from status' -l config
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from status' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from status' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from status' -l file
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from status' -l help
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from status' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from status' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from status' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from status' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from status' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from status' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from status' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from status' -l version
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from reset' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from reset' -l config
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from reset' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from reset' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from reset' -l delete-data
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from reset' -l dry-run
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from reset' -l help
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from reset' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from reset' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from reset' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from reset' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from reset' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from reset' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from reset' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from reset' -l version
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from reset' -l yes
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l allocate -x -a 'sparse full'
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l at-boot
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l config
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l data-size
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l directory
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l dry-run
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l help
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l low-water-mark
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l metadata-size
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l name
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l no-unit
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from devpool' -l version
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l at-boot
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l autoextend-percent
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l autoextend-threshold
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l config
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l data-size
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l disk
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l dry-run
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l help
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l lv
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l metadata-size
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l version
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l vg
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l wait -x -a 'none running booted'
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from lvm' -l wipe
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l config
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l dry-run
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l file
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l help
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l release
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l restart
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l sha256
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l system
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l url
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from containerd' -l version
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l address
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l at-boot
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l bridge
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l config
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l dhcp
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l dry-run
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l help
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l no-nat
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l uplink
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from network' -l version
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from vmm' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from vmm' -l config
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from vmm' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from vmm' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from vmm' -l dry-run
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from vmm' -l file
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from vmm' -l help
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from vmm' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from vmm' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from vmm' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from vmm' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from vmm' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from vmm' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from vmm' -l sha256
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from vmm' -l url
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from vmm' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from provision; and __fish_seen_subcommand_from vmm' -l version
complete -c flintctl -f -n '__fish_seen_subcommand_from pool pools' -a status -d 'Show a thin pool\'s usage, mode, backing files and volumes'
complete -c flintctl -f -n '__fish_seen_subcommand_from pool pools' -a grow -d 'Make a thin pool larger while it is used'
complete -c flintctl -f -n '__fish_seen_subcommand_from pool pools' -a check -d 'Say whether a thin pool is well'
complete -c flintctl -f -n '__fish_seen_subcommand_from pool pools' -a repair -d 'Repair the metadata of a thin pool that is not active'
complete -c flintctl -n '__fish_seen_subcommand_from pool pools' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from pool pools' -l config
complete -c flintctl -n '__fish_seen_subcommand_from pool pools' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from pool pools' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from pool pools' -l help
complete -c flintctl -n '__fish_seen_subcommand_from pool pools' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from pool pools' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from pool pools' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from pool pools' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from pool pools' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from pool pools' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from pool pools' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from pool pools' -l version
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from status' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from status' -l config
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from status' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from status' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from status' -l help
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from status' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from status' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from status' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from status' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from status' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from status' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from status' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from status' -l version
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from grow' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from grow' -l allocate -x -a 'sparse full'
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from grow' -l config
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from grow' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from grow' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from grow' -l data-size
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from grow' -l help
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from grow' -l metadata-size
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from grow' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from grow' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from grow' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from grow' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from grow' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from grow' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from grow' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from grow' -l version
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from check' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from check' -l config
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from check' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from check' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from check' -l directory
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from check' -l help
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from check' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from check' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from check' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from check' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from check' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from check' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from check' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from check' -l version
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from repair' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from repair' -l config
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from repair' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from repair' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from repair' -l directory
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from repair' -l help
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from repair' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from repair' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from repair' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from repair' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from repair' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from repair' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from repair' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from pool pools; and __fish_seen_subcommand_from repair' -l version
complete -c flintctl -f -n '__fish_seen_subcommand_from containerd' -a config -d 'Print, install or compare containerd\'s configuration'
complete -c flintctl -f -n '__fish_seen_subcommand_from containerd' -a start -d 'Start the private containerd and wait until it works'
complete -c flintctl -f -n '__fish_seen_subcommand_from containerd' -a stop -d 'Stop the private containerd; running VMs go on'
complete -c flintctl -f -n '__fish_seen_subcommand_from containerd' -a status -d 'Show whether the private containerd runs and its snapshotter works'
complete -c flintctl -f -n '__fish_seen_subcommand_from containerd' -a ctr -d 'Run ctr with our socket and namespace'
complete -c flintctl -f -n '__fish_seen_subcommand_from containerd' -a env -d 'Print shell exports that point ctr and nerdctl to our containerd'
complete -c flintctl -n '__fish_seen_subcommand_from containerd' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from containerd' -l config
complete -c flintctl -n '__fish_seen_subcommand_from containerd' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from containerd' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from containerd' -l help
complete -c flintctl -n '__fish_seen_subcommand_from containerd' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from containerd' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from containerd' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from containerd' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from containerd' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from containerd' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from containerd' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from containerd' -l version
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l check
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l config
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l config-path
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l config-version
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l debug
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l dry-run
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l help
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l metrics-address
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l restart
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l root
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l system
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l version
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from config' -l write
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from start' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from start' -l config
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from start' -l config-path
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from start' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from start' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from start' -l debug
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from start' -l help
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from start' -l log-file
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from start' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from start' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from start' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from start' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from start' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from start' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from start' -l timeout
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from start' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from start' -l version
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from stop' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from stop' -l config
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from stop' -l config-path
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from stop' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from stop' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from stop' -l grace
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from stop' -l help
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from stop' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from stop' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from stop' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from stop' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from stop' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from stop' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from stop' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from stop' -l version
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from status' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from status' -l config
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from status' -l config-path
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from status' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from status' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from status' -l help
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from status' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from status' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from status' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from status' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from status' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from status' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from status' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from status' -l version
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from ctr' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from ctr' -l config
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from ctr' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from ctr' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from ctr' -l help
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from ctr' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from ctr' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from ctr' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from ctr' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from ctr' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from ctr' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from ctr' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from ctr' -l version
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from env' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from env' -l config
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from env' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from env' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from env' -l help
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from env' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from env' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from env' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from env' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from env' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from env' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from env' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from containerd; and __fish_seen_subcommand_from env' -l version
complete -c flintctl -f -n '__fish_seen_subcommand_from content' -a list -d 'List the blobs in containerd\'s content store, in our namespace'
complete -c flintctl -n '__fish_seen_subcommand_from content' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from content' -l config
complete -c flintctl -n '__fish_seen_subcommand_from content' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from content' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from content' -l help
complete -c flintctl -n '__fish_seen_subcommand_from content' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from content' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from content' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from content' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from content' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from content' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from content' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from content' -l version
complete -c flintctl -n '__fish_seen_subcommand_from content; and __fish_seen_subcommand_from list ls' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from content; and __fish_seen_subcommand_from list ls' -l config
complete -c flintctl -n '__fish_seen_subcommand_from content; and __fish_seen_subcommand_from list ls' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from content; and __fish_seen_subcommand_from list ls' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from content; and __fish_seen_subcommand_from list ls' -l filter
complete -c flintctl -n '__fish_seen_subcommand_from content; and __fish_seen_subcommand_from list ls' -l help
complete -c flintctl -n '__fish_seen_subcommand_from content; and __fish_seen_subcommand_from list ls' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from content; and __fish_seen_subcommand_from list ls' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from content; and __fish_seen_subcommand_from list ls' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from content; and __fish_seen_subcommand_from list ls' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from content; and __fish_seen_subcommand_from list ls' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from content; and __fish_seen_subcommand_from list ls' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from content; and __fish_seen_subcommand_from list ls' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from content; and __fish_seen_subcommand_from list ls' -l version
complete -c flintctl -f -n '__fish_seen_subcommand_from image images img' -a pull -d 'Pull images from a registry and unpack them to snapshots'
complete -c flintctl -f -n '__fish_seen_subcommand_from image images img' -a list -d 'List the images that are here'
complete -c flintctl -f -n '__fish_seen_subcommand_from image images img' -a inspect -d 'Show all about images: layers, sizes, and which VMs use them'
complete -c flintctl -f -n '__fish_seen_subcommand_from image images img' -a check -d 'See whether images are complete: documents, digests, snapshots, kept layers'
complete -c flintctl -f -n '__fish_seen_subcommand_from image images img' -a tag -d 'Give an image another name'
complete -c flintctl -f -n '__fish_seen_subcommand_from image images img' -a remove -d 'Remove images, and the snapshots that nothing else uses'
complete -c flintctl -f -n '__fish_seen_subcommand_from image images img' -a login -d 'Log in to a registry'
complete -c flintctl -f -n '__fish_seen_subcommand_from image images img' -a logout -d 'Forget a registry\'s credentials'
complete -c flintctl -f -n '__fish_seen_subcommand_from image images img' -a prune -d 'Remove the images that no VM was made from'
complete -c flintctl -f -n '__fish_seen_subcommand_from image images img' -a import -d 'Make images of files: no registry needed'
complete -c flintctl -f -n '__fish_seen_subcommand_from image images img' -a export -d 'Write images to a file, for hosts without a registry'
complete -c flintctl -f -n '__fish_seen_subcommand_from image images img' -a build-kernel -d 'Make a kernel image of an installed kernel'
complete -c flintctl -n '__fish_seen_subcommand_from image images img' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from image images img' -l config
complete -c flintctl -n '__fish_seen_subcommand_from image images img' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from image images img' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img' -l help
complete -c flintctl -n '__fish_seen_subcommand_from image images img' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from image images img' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from image images img' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from image images img' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from image images img' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from image images img' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from image images img' -l version
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l authfile
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l config
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l creds-stdin
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l help
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l hosts-dir
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l keep-layers
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l layers -x -a 'auto each merged'
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l max-layer-files
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l max-layer-size
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l overcommit
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l plain-http
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l platform
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l progress -x -a 'auto tty plain json none'
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l snapshotter
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from pull' -l version
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from list ls' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from list ls' -l config
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from list ls' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from list ls' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from list ls' -l help
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from list ls' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from list ls' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from list ls' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from list ls' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from list ls' -l platform
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from list ls' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from list ls' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from list ls' -l snapshotter
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from list ls' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from list ls' -l version
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from inspect' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from inspect' -l config
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from inspect' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from inspect' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from inspect' -l help
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from inspect' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from inspect' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from inspect' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from inspect' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from inspect' -l platform
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from inspect' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from inspect' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from inspect' -l snapshotter
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from inspect' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from inspect' -l version
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from check' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from check' -l config
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from check' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from check' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from check' -l help
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from check' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from check' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from check' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from check' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from check' -l platform
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from check' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from check' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from check' -l snapshotter
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from check' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from check' -l version
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from tag' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from tag' -l config
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from tag' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from tag' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from tag' -l help
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from tag' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from tag' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from tag' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from tag' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from tag' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from tag' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from tag' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from tag' -l version
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from remove rm rmi delete' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from remove rm rmi delete' -l config
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from remove rm rmi delete' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from remove rm rmi delete' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from remove rm rmi delete' -l help
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from remove rm rmi delete' -l ignore-not-found
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from remove rm rmi delete' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from remove rm rmi delete' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from remove rm rmi delete' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from remove rm rmi delete' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from remove rm rmi delete' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from remove rm rmi delete' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from remove rm rmi delete' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from remove rm rmi delete' -l version
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l authfile
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l config
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l help
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l hosts-dir
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l password-stdin
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l plain-http
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l username
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from login' -l version
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from logout' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from logout' -l authfile
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from logout' -l config
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from logout' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from logout' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from logout' -l help
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from logout' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from logout' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from logout' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from logout' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from logout' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from logout' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from logout' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from logout' -l version
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from prune' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from prune' -l config
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from prune' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from prune' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from prune' -l dry-run
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from prune' -l help
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from prune' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from prune' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from prune' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from prune' -l older-than
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from prune' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from prune' -l platform
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from prune' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from prune' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from prune' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from prune' -l version
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l config
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l help
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l keep-layers
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l layers -x -a 'auto each merged'
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l max-layer-files
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l max-layer-size
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l name
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l platform
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l progress -x -a 'auto tty plain json none'
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l rootfs
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l snapshotter
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from import' -l version
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from export' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from export' -l config
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from export' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from export' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from export' -l file
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from export' -l help
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from export' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from export' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from export' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from export' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from export' -l platform
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from export' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from export' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from export' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from export' -l version
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l busybox
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l config
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l help
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l keep-layers
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l layers -x -a 'auto each merged'
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l max-layer-files
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l max-layer-size
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l modules
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l name
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l platform
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l progress -x -a 'auto tty plain json none'
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l snapshotter
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from image images img; and __fish_seen_subcommand_from build-kernel' -l version
complete -c flintctl -f -n '__fish_seen_subcommand_from vm vms' -a create -d 'Create a VM from an OS image and boot it'
complete -c flintctl -f -n '__fish_seen_subcommand_from vm vms' -a list -d 'List VMs and what they do now'
complete -c flintctl -f -n '__fish_seen_subcommand_from vm vms' -a get -d 'Show one VM: what was asked for, and what it does now'
complete -c flintctl -f -n '__fish_seen_subcommand_from vm vms' -a logs -d 'Print what a VM\'s guest wrote to its console'
complete -c flintctl -f -n '__fish_seen_subcommand_from vm vms' -a stop -d 'Stop VMs: the guest is asked to power off, then ended by force'
complete -c flintctl -f -n '__fish_seen_subcommand_from vm vms' -a start -d 'Start stopped VMs'
complete -c flintctl -f -n '__fish_seen_subcommand_from vm vms' -a delete -d 'Delete VMs with their disks, running or not'
complete -c flintctl -n '__fish_seen_subcommand_from vm vms' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from vm vms' -l config
complete -c flintctl -n '__fish_seen_subcommand_from vm vms' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from vm vms' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from vm vms' -l help
complete -c flintctl -n '__fish_seen_subcommand_from vm vms' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from vm vms' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from vm vms' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from vm vms' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from vm vms' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from vm vms' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from vm vms' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from vm vms' -l version
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l authfile
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l boot-marker
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l cmdline
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l config
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l creds-stdin
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l dry-run
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l help
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l hosts-dir
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l image
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l initrd
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l initrd-file
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l keep
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l keep-layers
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l kernel
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l kernel-file
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l label
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l layers -x -a 'auto each merged'
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l max-layer-files
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l max-layer-size
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l memory
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l network
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l no-start
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l overcommit
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l plain-http
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l platform
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l progress -x -a 'auto tty plain json none'
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l provider
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l provider-arg
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l pull -x -a 'missing always never'
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l snapshotter
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l timeout
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l vcpus
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l version
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' -l wait -x -a 'none running booted'
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from list ls' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from list ls' -l config
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from list ls' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from list ls' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from list ls' -l help
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from list ls' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from list ls' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from list ls' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from list ls' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from list ls' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from list ls' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from list ls' -l selector
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from list ls' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from list ls' -l version
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from get' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from get' -l config
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from get' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from get' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from get' -l help
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from get' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from get' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from get' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from get' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from get' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from get' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from get' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from get' -l version
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from logs' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from logs' -l config
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from logs' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from logs' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from logs' -l follow
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from logs' -l help
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from logs' -l hypervisor
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from logs' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from logs' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from logs' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from logs' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from logs' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from logs' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from logs' -l tail
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from logs' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from logs' -l version
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from stop' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from stop' -l config
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from stop' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from stop' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from stop' -l grace
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from stop' -l help
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from stop' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from stop' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from stop' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from stop' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from stop' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from stop' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from stop' -l selector
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from stop' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from stop' -l version
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l boot-marker
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l config
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l help
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l overcommit
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l selector
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l timeout
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l version
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from start' -l wait -x -a 'none running booted'
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from delete rm' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from delete rm' -l config
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from delete rm' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from delete rm' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from delete rm' -l help
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from delete rm' -l ignore-not-found
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from delete rm' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from delete rm' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from delete rm' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from delete rm' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from delete rm' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from delete rm' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from delete rm' -l selector
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from delete rm' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from delete rm' -l version
complete -c flintctl -n '__fish_seen_subcommand_from doctor' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from doctor' -l config
complete -c flintctl -n '__fish_seen_subcommand_from doctor' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from doctor' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from doctor' -l help
complete -c flintctl -n '__fish_seen_subcommand_from doctor' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from doctor' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from doctor' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from doctor' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from doctor' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from doctor' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from doctor' -l strict
complete -c flintctl -n '__fish_seen_subcommand_from doctor' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from doctor' -l version
complete -c flintctl -n '__fish_seen_subcommand_from gc' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from gc' -l config
complete -c flintctl -n '__fish_seen_subcommand_from gc' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from gc' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from gc' -l dry-run
complete -c flintctl -n '__fish_seen_subcommand_from gc' -l help
complete -c flintctl -n '__fish_seen_subcommand_from gc' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from gc' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from gc' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from gc' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from gc' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from gc' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from gc' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from gc' -l version
complete -c flintctl -n '__fish_seen_subcommand_from version' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from version' -l config
complete -c flintctl -n '__fish_seen_subcommand_from version' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from version' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from version' -l help
complete -c flintctl -n '__fish_seen_subcommand_from version' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from version' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from version' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from version' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from version' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from version' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from version' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from version' -l version
complete -c flintctl -n '__fish_seen_subcommand_from help' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from help' -l config
complete -c flintctl -n '__fish_seen_subcommand_from help' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from help' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from help' -l help
complete -c flintctl -n '__fish_seen_subcommand_from help' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from help' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from help' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from help' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from help' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from help' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from help' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from help' -l version
complete -c flintctl -f -n '__fish_seen_subcommand_from completion' -a bash -d 'Print the completion script for bash'
complete -c flintctl -f -n '__fish_seen_subcommand_from completion' -a zsh -d 'Print the completion script for zsh'
complete -c flintctl -f -n '__fish_seen_subcommand_from completion' -a fish -d 'Print the completion script for fish'
complete -c flintctl -n '__fish_seen_subcommand_from completion' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from completion' -l config
complete -c flintctl -n '__fish_seen_subcommand_from completion' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from completion' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from completion' -l help
complete -c flintctl -n '__fish_seen_subcommand_from completion' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from completion' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from completion' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from completion' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from completion' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from completion' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from completion' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from completion' -l version
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from bash' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from bash' -l config
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from bash' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from bash' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from bash' -l help
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from bash' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from bash' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from bash' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from bash' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from bash' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from bash' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from bash' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from bash' -l version
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from zsh' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from zsh' -l config
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from zsh' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from zsh' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from zsh' -l help
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from zsh' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from zsh' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from zsh' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from zsh' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from zsh' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from zsh' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from zsh' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from zsh' -l version
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from fish' -l all-namespaces
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from fish' -l config
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from fish' -l containerd-address
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from fish' -l containerd-namespace
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from fish' -l help
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from fish' -l namespace
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from fish' -l no-color
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from fish' -l no-headers
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from fish' -l output -x -a 'table wide json yaml name jsonpath='
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from fish' -l pool
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from fish' -l quiet
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from fish' -l verbose
complete -c flintctl -n '__fish_seen_subcommand_from completion; and __fish_seen_subcommand_from fish' -l version
