extension ContentWords {
    /// Words by commas, in lower case; two with a space between them count when they stand side by
    /// side, also with a hyphen. Chinese, Japanese and Korean words are of two signs. A word may be
    /// in several rows.
    static let rows: [(kind: Kind, words: String)] = [
        // At home in code and seldom in prose.
        (
            .strongKeyword,
            """
            def,func,fn,elif,const,async,await,nullptr,struct,enum,impl,void,int,bool,typeof,\
            println,printf,endif,ifdef,ifndef,typedef,sizeof,constexpr,namespace,mut,pub,var,\
            self,nil,undefined,instanceof,foreach,varchar,fmt,stdin,stdout,chan,errno,malloc,\
            usize,char,elsif,fileprivate,inout,readonly,kwargs,args,dict,str,goto,console,lambda
            """
        ),
        // In both.
        (
            .keyword,
            """
            if,else,for,while,return,class,import,from,include,public,private,static,let,new,try,\
            catch,except,throw,throws,raise,switch,case,break,continue,interface,extends,function,\
            implements,package,using,null,none,true,false,string,float,double,long,unsigned,final,\
            override,with,yield,assert,print,export,default,type,module,require,select,insert,\
            update,delete,where,join,group,create,table,begin,end,do,done,then,fi,echo,match,use,\
            trait,template,virtual,protected,abstract,global,in,is,not,and,or,pass,finally,super,\
            this,object,list,map,set,exit,range,len,guard,defer
            """
        ),
        // Prose about programs.
        (
            .strongProgramming,
            """
            python,javascript,typescript,kotlin,golang,sql,css,regex,refactor,refactoring,codebase,\
            compiler,compile,segfault,stacktrace,traceback,pytest,middleware,frontend,backend,\
            dockerfile,kubernetes,nullpointerexception,typeerror,segmentation fault,stack trace,\
            unit test,unit tests,source code,pull request,race condition,memory leak,code review,\
            this function,this code,the code,the function,null pointer,type error,rest api,\
            merge conflict,data structure,deadlock,mutex,debug,debugging,debugger,quellcode,\
            programmieren,funktion,código,función,fonction,программу,программа,функцию,функция,\
            代码,函数,编程,関数,コー,程序,함수,코드
            """
        ),
        (
            .programming,
            """
            function,functions,code,method,class,bug,bugs,api,endpoint,algorithm,variable,loop,\
            array,pointer,thread,exception,parser,library,framework,rust,swift,java,ruby,php,html,\
            linux,bash,script,database,query,schema,recursion,recursive,async,module,git,repo,\
            repository,npm,docker,callback,runtime,tests,implement,implementation,interface,\
            hashmap,linter,crash,crashes,json,код,klasse
            """
        ),
        (
            .strongMathematics,
            """
            integral,integrals,derivative,derivatives,theorem,lemma,corollary,eigenvalue,\
            eigenvalues,eigenvector,eigenvectors,polynomial,polynomials,quadratic,trigonometric,\
            trigonometry,cosine,logarithm,calculus,algebra,algebraic,combinatorics,combinatorial,\
            permutation,permutations,factorial,divisible,bijection,injective,surjective,\
            isomorphism,isomorphic,homomorphism,topology,manifold,hilbert,banach,fourier,laplace,\
            laplacian,taylor series,differential equation,differential equations,determinant,\
            standard deviation,prime number,prime numbers,prime factorization,real numbers,\
            natural numbers,complex numbers,rational numbers,least squares,random variable,\
            random variables,conditional probability,by induction,mathematical induction,\
            solve for,square root,cube root,converges,diverges,irrational,hypotenuse,congruent,\
            modulo,integrate,differentiate,gleichung,gleichungen,ableitung,polynom,satz von,\
            équation,dérivée,intégrale,théorème,ecuación,teorema,equação,derivada,уравнение,\
            уравнения,интеграл,теорема,теорему,производную,производная,方程,积分,微分,定理,積分,\
            导数,導関,概率,確率,矩阵,行列,방정,적분,미분,정리
            """
        ),
        (
            .mathematics,
            """
            equation,equations,matrix,matrices,vector,vectors,probability,proof,geometry,sum,\
            geometric,arithmetic,integer,integers,fraction,numerator,denominator,square,cube,\
            triangle,circle,radius,angle,angles,perimeter,variance,median,converge,infinity,\
            infinite,sequence,inequality,coefficient,coefficients,exponent,prime,multiply,\
            multiplied,divided,divide,plus,minus,equals,solve,compute,calculate,roots,sine,\
            tangent,axis,parabola,slope,vertices,mathematics,maths,math,mathematical,formula
            """
        ),
        (
            .strongReasoning,
            """
            prove,disprove,derive,step by,trade off,trade offs,tradeoff,tradeoffs,root cause,\
            root causes,think through,think carefully,think hard,think deeply,reason about,\
            pros and,why does,why do,why is,why would,why did,why are,justify,hypothesis,\
            hypotheses,critique,weigh,first principles,implications,second order,counterargument,\
            counterarguments,evaluate whether,show that,what if,long term,beweise,zeige dass,\
            begründe,abwägen,schritt für,warum,wieso,démontre,démontrer,prouve,prouver,pourquoi,\
            étape par,justifie,demuestra,demostrar,justifica,paso a,por qué,passo a,demonstre,\
            докажи,докажите,доказать,почему,обоснуй,пошагово,шаг за,dimostra,perché,证明,推导,\
            逐步,推理,权衡,証明,なぜ,推論,증명,추론,단계
            """
        ),
        (
            .reasoning,
            """
            why,explain,analyze,analyse,analysis,plan,planning,strategy,strategic,reason,\
            reasoning,because,therefore,consequence,consequences,evaluate,compare,contrast,\
            assess,assumption,assumptions,evidence,decide,decision,architecture,architectural,\
            alternatives,alternative,risks,conclude,conclusion,infer,logic,logical,logically,\
            proof,contradiction,constraints,diagnose,investigate,causes,steps,approach,\
            approaches,recommend,rationale,versus,carefully,thoroughly,puzzle,paradox,dilemma,\
            scenario,scenarios,argue,erkläre,analysiere,strategie,vergleiche,explique,analiza,\
            explica,compara,объясни,сравни,分析,解释,説明,比较,比較,为什,설명,분석,비교
            """
        ),
        (
            .latex,
            """
            frac,dfrac,tfrac,int,iint,oint,sum,prod,sqrt,lim,infty,partial,nabla,cdot,times,leq,\
            geq,neq,approx,equiv,alpha,beta,gamma,delta,epsilon,varepsilon,theta,lambda,mu,pi,\
            sigma,phi,varphi,omega,mathbb,mathbf,mathcal,mathrm,forall,exists,notin,subset,\
            subseteq,cup,rightarrow,implies,iff,sin,cos,tan,log,ln,exp,binom,vec,overline,pmod,\
            bmod,det,langle,rangle,ldots,cdots,ge,le
            """
        ),
        (.prose, "text,txt,markdown,md,latex,tex,math,plaintext,plain,output,log,prompt,quote"),
    ]
}
