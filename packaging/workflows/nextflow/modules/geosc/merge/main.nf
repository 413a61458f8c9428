process GEOSC_MERGE {
    tag "${meta.id}"
    label 'process_single'

    conda "${moduleDir}/environment.yml"

    input:
    tuple val(meta), path(shards)

    output:
    tuple val(meta), path("${prefix}.h5"), emit: matches
    tuple val("${task.process}"), val('geosc'), eval("geosc --version | sed '1!d;s/geosc //;s/ .*//'"), topic: versions, emit: versions_geosc

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    geosc merge \\
        -o "${prefix}.h5" \\
        ${args} \\
        ${shards} || {
        status=\$?
        # 3: done, but some pairs have no answer, as pairs/status of the output says.
        [ \$status -eq 3 ] || exit \$status
    }
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    touch "${prefix}.h5"
    """
}
