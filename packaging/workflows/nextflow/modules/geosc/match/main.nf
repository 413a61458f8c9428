process GEOSC_MATCH {
    tag "${meta.id}"
    label 'process_medium'

    // 75: stopped early; 130 to 145: killed. Another attempt goes on where ext.resume_dir is given, else begins anew.
    errorStrategy { task.exitStatus in ([75] + (130..145)) ? 'retry' : 'finish' }
    maxRetries 5

    conda "${moduleDir}/environment.yml"

    input:
    tuple val(meta), path(pairs), path(model), val(shard)

    output:
    tuple val(meta), path("${prefix}.h5"), emit: matches
    tuple val(meta), path("${prefix}.log"), emit: log
    tuple val("${task.process}"), val('geosc'), eval("geosc --version | sed '1!d;s/geosc //;s/ .*//'"), topic: versions, emit: versions_geosc

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: (shard ? "${meta.id}.part-${shard.replace('/', '-of-')}" : "${meta.id}")
    def with_model = model ? "-m ${model}" : ''
    def with_shard = shard ? "--shard ${shard}" : ''
    def with_memory = task.memory ? "--memory ${(task.memory.toMega() * 0.9) as long}M" : ''
    // Each attempt of a task has a folder of its own; the journal of an interrupted one must be in a place that outlives it.
    def resume_dir = task.ext.resume_dir ?: '.'
    """
    mkdir -p "${resume_dir}"
    geosc match \\
        ${pairs} \\
        ${with_model} \\
        -o "${resume_dir}/${prefix}.h5" \\
        ${with_shard} \\
        -j ${task.cpus} \\
        ${with_memory} \\
        --progress line \\
        ${args} \\
        2> "${prefix}.log" || {
        status=\$?
        cat "${prefix}.log" >&2
        # 3: done, but some pairs have no answer, as pairs/status of the output says.
        [ \$status -eq 3 ] || exit \$status
    }
    [ "${resume_dir}" = . ] || mv "${resume_dir}/${prefix}.h5" .
    """

    stub:
    prefix = task.ext.prefix ?: (shard ? "${meta.id}.part-${shard.replace('/', '-of-')}" : "${meta.id}")
    """
    touch "${prefix}.h5" "${prefix}.log"
    """
}
