// A stand-in for Nextflow, whose language is Groovy: it makes closures of a process's sections.
//   groovy nextflow.groovy --parse FILE...        whether the files are Groovy
//   groovy nextflow.groovy MODULE.nf CASE...      as JSON: for each case, a Groovy map of what a task knows, what the sections give, and what
//                                                 errorStrategy says of the exit statuses 1, 75 and 137
import groovy.json.JsonOutput
import org.codehaus.groovy.control.CompilationUnit
import org.codehaus.groovy.control.Phases

if (args[0] == '--parse') {
    args.drop(1).each { name ->
        def unit = new CompilationUnit()
        unit.addSource(new File(name))
        unit.compile(Phases.CONVERSION)
    }
    return
}
def text = new File(args[0]).text
def closure = { code -> new GroovyShell().evaluate("return { ->\n${code}\n}") }
def section = { title ->
    closure((text =~ /(?ms)^    ${title}:\n(.*?)(?=^    (?:input|output|when|script|stub):\n|^\}\n)/)[0][1])
}
def strategy = text =~ /errorStrategy \{(.*)\}/
def run = { code, known ->
    code.delegate = known
    code.resolveStrategy = Closure.DELEGATE_FIRST
    code()
}
println JsonOutput.toJson(args.drop(1).collect { words ->
    def known = new GroovyShell().evaluate(words)
    def said = [when: run(section('when'), known), script: run(section('script'), known).toString(), prefix: known.prefix.toString()]
    said.stub = run(section('stub'), known).toString()
    said.on = !strategy ? [] : [1, 75, 137].collect { status ->
        known.task.exitStatus = status
        run(closure(strategy[0][1]), known)
    }
    said
})
